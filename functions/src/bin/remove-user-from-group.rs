//! The Lambda function `remove-user-from-group`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::user_groups::remove::ENDPOINT)
}
