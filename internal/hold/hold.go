// Package hold lets a test keep a capture's frozen image alive, so that
// another debugger can read the very memory that the dump was made from.
package hold

// Snapshot, if set, is called with the process id of the frozen image just
// before it is killed. It is nil but in fixture programs.
var Snapshot func(pid int)
