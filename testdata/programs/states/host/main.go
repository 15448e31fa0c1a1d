// Host loads the plugin that its second argument names and runs it.
package main

import (
	"fmt"
	"os"
	"plugin"
)

func main() {
	p, err := plugin.Open(os.Args[2])
	if err == nil {
		var run plugin.Symbol
		if run, err = p.Lookup("Run"); err == nil {
			run.(func(string))(os.Args[1])
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
