// Webdump is the service of web, with captures.
package main

import (
	"fmt"
	"net/http"

	"github.com/gopostmortem/postmortem/dump"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		defer func() {
			if r := recover(); r != nil {
				fmt.Println(dump.Capture(r))
			}
		}()
		fmt.Fprintln(w, "hello")
	})
	fmt.Println(http.ListenAndServe("127.0.0.1:0", nil))
}
