//! The Lambda function `create-user-token`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::users::create_token::ENDPOINT)
}
