//! The Lambda function `list-api-keys`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::api_keys::list::ENDPOINT)
}
