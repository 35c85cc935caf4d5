//! The Lambda function `update-user`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::users::update::ENDPOINT)
}
