//! The Lambda function `get-openapi`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::docs::openapi::ENDPOINT)
}
