// Bigserver is a real server, Caddy with all its standard modules, in which a
// handler of ours panics while over 200 other requests are waiting.
//
//	bigserver [-hold] [-depth N] -o FILE
//	bigserver -measure
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	"github.com/gopostmortem/postmortem/testdata/internal/crashing"
	"github.com/gopostmortem/postmortem/testdata/internal/measure"
)

// waiting is the number of requests that wait while another one panics.
const waiting = 220

var (
	told = flag.Bool("measure", false, "let only 40 requests wait, and do what package measure says")

	arrived sync.WaitGroup
	release = make(chan struct{})
)

func main() { crashing.Main(run) }

func run(dir string) error {
	socket := filepath.Join(dir, "http")
	caddy.RegisterModule(&Orders{})
	if err := caddy.Load(config(socket), true); err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
	n := waiting
	if *told {
		n = 40
	}
	arrived.Add(n)
	for i := range n {
		go get(client, fmt.Sprintf("http://shop/wait/%d", i))
	}
	arrived.Wait()
	if *told {
		measure.Serve()
		return nil
	}
	go get(client, "http://shop/orders/4711?full=yes")
	err := crashing.Crashed()
	close(release)
	return err
}

// get asks for a page as one of the shop's customers.
func get(client *http.Client, url string) {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		panic(err)
	}
	req.Header.Set("X-Trace", "7f3a-0001")
	req.Header.Set("Accept", "application/json")
	resp, err := client.Do(req)
	if err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
}

// config is Caddy's own, with our handler behind its headers and templates.
func config(socket string) []byte {
	type m = map[string]any
	server := m{
		"listen":          []string{"unix/" + socket},
		"automatic_https": m{"disable": true},
		"routes": []m{{"handle": []m{
			{"handler": "headers", "response": m{"set": m{"X-Served-By": []string{"shop"}}}},
			{"handler": "encode", "encodings": m{"gzip": m{}}},
			{"handler": "orders", "currency": "EUR"},
		}}},
	}
	text, err := json.Marshal(m{
		"admin":   m{"disabled": true},
		"logging": m{"logs": m{"default": m{"level": "ERROR"}}},
		"apps":    m{"http": m{"servers": m{"shop": server}}},
	})
	if err != nil {
		panic(err)
	}
	return text
}

// Orders is the handler that has a bug.
type Orders struct {
	Currency string `json:"currency"`

	mu    sync.Mutex
	stock map[string]int
}

// CaddyModule names the handler for Caddy's configuration.
func (*Orders) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.orders",
		New: func() caddy.Module { return &Orders{stock: map[string]int{"hammer": 3, "nail": 1000}} },
	}
}

// order is what the shop's back end would answer.
type order struct {
	ID    string
	Items []string
	Due   time.Duration
}

// ServeHTTP parks the waiting requests and crashes on an order.
func (o *Orders) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	defer func() {
		if cause := recover(); cause != nil {
			crashing.Capture(cause)
		}
	}()
	if filepath.Dir(r.URL.Path) == "/wait" {
		arrived.Done()
		<-release
		return nil
	}
	return o.show(w, r)
}

// show is the frame that panics: there is no third item.
//
//go:noinline
func (o *Orders) show(w http.ResponseWriter, r *http.Request) error {
	found := order{ID: filepath.Base(r.URL.Path), Items: []string{"hammer", "nail"}, Due: 36 * time.Hour}
	last := 2
	o.mu.Lock()
	defer o.mu.Unlock()
	item := found.Items[last]
	runtime.KeepAlive(&found)
	_, err := fmt.Fprintln(w, o.stock[item], r.Header)
	runtime.KeepAlive(r)
	return err
}
