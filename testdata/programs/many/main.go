// Many is the program for measuring captures of many goroutines: each waits in
// a chain of six calls, with values of its own in every frame.
//
//	many [-n GOROUTINES] [-heap MB]
//
// Package measure says what it can be told.
package main

import (
	"bytes"
	"flag"
	"runtime"
	"strconv"
	"time"

	"github.com/gopostmortem/postmortem/testdata/internal/measure"
)

// order is what each goroutine works on.
type order struct {
	ID       int
	Customer *customer
	Lines    []line
	Due      time.Duration
	Note     string
}

type customer struct {
	Name  string
	Email string
	Tags  []string
}

type line struct {
	Item  string
	Count int
	Price float64
}

var tags = []string{"new", "regular", "abroad"}

// open holds the orders that are being worked on.
var open []*order

func handle(id int, in chan *order) {
	name := "customer-" + strconv.Itoa(id%1000)
	o := &order{
		ID: id, Customer: &customer{Name: name, Email: name + "@example.com", Tags: tags[:id%3]},
		Lines: []line{{"hammer", 1 + id%3, 24.5}, {"nail", 100 * (id % 5), 0.02}}, Due: time.Duration(id) * time.Second,
	}
	open[id] = o
	validate(o, in)
	keep(name, o, in)
}

//go:noinline
func validate(o *order, in chan *order) {
	limits := []int{1, 10, 100, o.ID}
	price(o, limits[:2], in)
	keep(limits, o, in)
}

//go:noinline
func price(o *order, limits []int, in chan *order) {
	sum := 0.0
	for i := range o.Lines {
		sum += float64(o.Lines[i].Count) * o.Lines[i].Price
	}
	reserve(o, sum, in)
	keep(sum, limits, o, in)
}

//go:noinline
func reserve(o *order, sum float64, in chan *order) {
	items := make([]string, 0, 2)
	for i := range o.Lines {
		items = append(items, o.Lines[i].Item)
	}
	pay(o, items, sum, in)
	keep(items, sum, o, in)
}

//go:noinline
func pay(o *order, items []string, sum float64, in chan *order) {
	attempt := 1 + len(items)
	wait(attempt, o, in)
	keep(attempt, items, sum, o, in)
}

//go:noinline
func wait(attempt int, about any, in chan *order) {
	got := <-in
	keep(got, attempt, about, in)
}

// keep makes variables live up to its call.
func keep(vars ...any) {
	for _, v := range vars {
		runtime.KeepAlive(v)
	}
}

var (
	count = flag.Int("n", 10000, "goroutines")
	heap  = flag.Int("heap", 0, "megabytes of other memory")
)

func main() {
	flag.Parse()
	ballast := make([][]byte, *heap)
	for i := range ballast {
		ballast[i] = bytes.Repeat([]byte("postmortem"), 1<<20/10)
	}
	open = make([]*order, *count)
	for i := range *count {
		go handle(i, make(chan *order))
	}
	for stacks() < *count { // until the last one waits
		time.Sleep(10 * time.Millisecond)
	}
	measure.Serve()
	keep(ballast)
}

// stacks counts the goroutines that wait in wait.
func stacks() int {
	p := make([]runtime.StackRecord, 2**count+100)
	n, _ := runtime.GoroutineProfile(p)
	waiting := 0
	for i := range p[:n] {
		for _, pc := range p[i].Stack() {
			if f := runtime.FuncForPC(pc); f != nil && f.Name() == "main.wait" {
				waiting++
				break
			}
		}
	}
	return waiting
}
