// The compiler accepts functions without a body in packages with assembly.
