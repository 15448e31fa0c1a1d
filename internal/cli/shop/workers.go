package main

import (
	"context"
	"runtime/pprof"
	"sync"
	"time"
)

// ledger is where two goroutines get into each other's way.
type ledger struct {
	sync.Mutex
	entries map[int64]Money
}

// startWorkers starts goroutines that wait, each for something else.
func startWorkers(s *Shop) {
	books := &ledger{entries: map[int64]Money{1000: 9998}}
	locked := make(chan struct{})
	never := make(chan int)

	go func() { // holds the lock for ever
		books.Lock()
		defer books.Unlock()
		close(locked)
		<-never
	}()
	<-locked
	for id := range int64(3) {
		go book(books, 1001+id, 350)
	}

	go produce(s.orders)
	go dispatch(context.Background(), make(chan *Order), make(chan error))
	go func() {
		for {
			time.Sleep(time.Hour)
		}
	}()

	var crew sync.WaitGroup
	for _, name := range []string{"picker", "packer"} {
		crew.Add(1)
		go pprof.Do(context.Background(), pprof.Labels("crew", name), func(context.Context) {
			defer crew.Done()
			work(name, never)
		})
	}
	go crew.Wait()

	stock := sync.NewCond(new(sync.Mutex))
	go func() {
		stock.L.Lock()
		defer stock.L.Unlock()
		for s.prices["rocket skates"] > 0 {
			stock.Wait()
		}
	}()
}

// book waits for the ledger's lock.
func book(l *ledger, id int64, amount Money) {
	l.Lock()
	defer l.Unlock()
	l.entries[id] = amount
}

// produce sends until nobody takes any more.
func produce(to chan<- *Order) {
	for id := int64(1); ; id++ {
		to <- &Order{ID: id, Lines: []Line{{"bird seed", int(id), 350}}}
	}
}

// dispatch waits for one of several things.
func dispatch(ctx context.Context, orders <-chan *Order, failures chan error) {
	var failed error
	for {
		select {
		case o := <-orders:
			failed = o.Payment.Charge(1)
		case failures <- failed:
		case <-ctx.Done():
			return
		case <-time.After(time.Hour):
		}
	}
}

// work waits for something to do.
func work(name string, jobs <-chan int) {
	for n := range jobs {
		println(name, n)
	}
}
