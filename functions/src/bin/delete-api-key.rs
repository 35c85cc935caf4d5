//! The Lambda function `delete-api-key`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::api_keys::delete::ENDPOINT)
}
