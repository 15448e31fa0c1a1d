package image

// native reads the executables of the system it runs on.
func native(b []byte) (*container, error) { return parseMachO(b) }
