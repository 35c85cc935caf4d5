//! The Lambda function `create-api-key`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::api_keys::create::ENDPOINT)
}
