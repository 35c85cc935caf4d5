//! The Lambda function `delete-template`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::templates::delete::ENDPOINT)
}
