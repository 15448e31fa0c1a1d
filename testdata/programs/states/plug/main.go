// Plug is the program as a plugin.
package main

import "github.com/gopostmortem/postmortem/testdata/programs/states/kept"

// Run is what the host calls.
func Run(file string) { kept.Run(file) }

func main() {}
