// Hellodump is hello with a handler that captures.
package main

import (
	"fmt"

	"github.com/gopostmortem/postmortem/dump"
)

func main() {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println(dump.Capture(r))
		}
	}()
	fmt.Println("hello")
}
