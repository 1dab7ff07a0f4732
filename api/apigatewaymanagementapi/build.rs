//! Makes the code of the API from its facts.

fn main() {
    codegen::generate("apigatewaymanagementapi");
}
