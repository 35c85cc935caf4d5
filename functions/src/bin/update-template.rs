//! The Lambda function `update-template`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::templates::update::ENDPOINT)
}
