//! The Lambda function `create-business-user`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::business_users::create::ENDPOINT)
}
