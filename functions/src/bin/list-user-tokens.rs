//! The Lambda function `list-user-tokens`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::users::list_tokens::ENDPOINT)
}
