// Frozen makes a snapshot of itself and keeps it until standard input ends.
package main

import (
	"fmt"
	"os"
	"runtime"

	"github.com/gopostmortem/postmortem/capture/freeze"
	"github.com/gopostmortem/postmortem/internal/hold"
	"github.com/gopostmortem/postmortem/internal/settle"
)

type point struct {
	X, Y int
	Name string
}

func main() {
	hold.Snapshot = hold.Wait
	go blocked(make(chan string, 3))
	settle.In("chan send", 1)
	hero(point{3, 4, "here"}, map[string]int{"one": 1})
}

//go:noinline
func blocked(c chan string) {
	c <- "first"
	for i := 0; ; i++ {
		c <- fmt.Sprint("more ", i)
	}
}

//go:noinline
func hero(p point, m map[string]int) {
	list := []int{5, 6, 7}
	total := 0
	for _, x := range list {
		total += x
	}
	s, err := freeze.Take(freeze.Options{})
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	runtime.KeepAlive(list)
	runtime.KeepAlive(m)
	runtime.KeepAlive(total)
	fmt.Println(p)
}
