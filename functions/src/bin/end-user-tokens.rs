//! The Lambda function `end-user-tokens`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::users::delete_tokens::ENDPOINT)
}
