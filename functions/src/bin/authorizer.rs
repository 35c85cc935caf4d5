//! The Lambda function `authorizer`.

fn main() -> std::process::ExitCode {
    latchkey_functions::authorizer::serve()
}
