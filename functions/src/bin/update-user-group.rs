//! The Lambda function `update-user-group`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::user_groups::update::ENDPOINT)
}
