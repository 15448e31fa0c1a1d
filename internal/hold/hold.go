// Package hold lets a test interfere with a capture: keep its frozen image
// alive, so that another debugger can read the very memory that the dump was
// made from, and close ways to that memory which are open.
package hold

// Snapshot, if set, is called with the process id of the frozen image just
// before it is killed. It is nil but in fixture programs.
var Snapshot func(pid int)

// Refuse, if set, is asked for the error that a way to the memory shall fail
// with: "clone", "direct" (reading the clone's memory), "window" (the clone puts
// it into shared memory), "pipe" and "stopped". It is nil but in tests and their programs.
var Refuse func(way string) error
