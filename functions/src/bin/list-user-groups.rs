//! The Lambda function `list-user-groups`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::user_groups::list::ENDPOINT)
}
