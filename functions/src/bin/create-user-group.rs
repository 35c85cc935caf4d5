//! The Lambda function `create-user-group`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::user_groups::create::ENDPOINT)
}
