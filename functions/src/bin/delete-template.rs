//! The Lambda function `delete-template`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve_service(latchkey_functions::templates::delete::ENDPOINT)
}
