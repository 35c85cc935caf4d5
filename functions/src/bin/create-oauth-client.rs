//! The Lambda function `create-oauth-client`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::oauth::clients::create::ENDPOINT)
}
