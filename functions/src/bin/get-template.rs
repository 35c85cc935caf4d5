//! The Lambda function `get-template`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::templates::get::ENDPOINT)
}
