//! The Lambda function `enter-space`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::entries::create::ENDPOINT)
}
