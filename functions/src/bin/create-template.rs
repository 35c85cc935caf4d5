//! The Lambda function `create-template`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::templates::create::ENDPOINT)
}
