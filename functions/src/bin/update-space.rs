//! The Lambda function `update-space`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::spaces::update::ENDPOINT)
}
