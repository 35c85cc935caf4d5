//! The Lambda function `delete-oauth-client`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::oauth::clients::delete::ENDPOINT)
}
