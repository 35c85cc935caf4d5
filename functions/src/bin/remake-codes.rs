//! The Lambda function `remake-codes`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::stream::remake_codes::HANDLER)
}
