//! The Lambda function `list-business-users`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::business_users::list::ENDPOINT)
}
