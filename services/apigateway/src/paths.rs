//! The resources of operations, as policies name them: paths of the API.

/// The resource of an operation: its path, with what its input has for each label.
macro_rules! path {
    ($path:literal $(, $label:ident)*) => {
        |scope, input| {
            let _ = input;
            $crate::at(scope, format_args!($path $(, input.$label)*))
        }
    };
}

/// The same below an API.
macro_rules! api {
    ($path:literal $(, $label:ident)*) => {
        |scope, input| $crate::at(scope, format_args!(concat!("/restapis/{}", $path), input.rest_api_id $(, input.$label)*))
    };
}

/// The same below a method of an API.
macro_rules! method {
    ($path:literal $(, $label:ident)*) => {
        |scope, input| {
            let (api, resource, verb) = (&input.rest_api_id, &input.resource_id, &input.http_method);
            let method = format_args!("/restapis/{api}/resources/{resource}/methods/{verb}");
            $crate::at(scope, format_args!(concat!("{}", $path), method $(, input.$label)*))
        }
    };
}
