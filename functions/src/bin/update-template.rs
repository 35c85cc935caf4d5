//! The Lambda function `update-template`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve_service(latchkey_functions::templates::update::ENDPOINT)
}
