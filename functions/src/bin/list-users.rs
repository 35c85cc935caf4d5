//! The Lambda function `list-users`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::users::list::ENDPOINT)
}
