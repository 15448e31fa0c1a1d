// Archive is the program as a library for C: main.c calls it.
package main

import "C"

import "github.com/gopostmortem/postmortem/testdata/programs/states/kept"

//export run
func run(file *C.char) { kept.Run(C.GoString(file)) }

func main() {}
