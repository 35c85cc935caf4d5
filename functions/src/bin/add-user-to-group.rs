//! The Lambda function `add-user-to-group`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::user_groups::add::ENDPOINT)
}
