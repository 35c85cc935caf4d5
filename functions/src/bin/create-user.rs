//! The Lambda function `create-user`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::users::create::ENDPOINT)
}
