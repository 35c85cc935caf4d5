//! The Lambda function `get-template`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve_service(latchkey_functions::templates::get::ENDPOINT)
}
