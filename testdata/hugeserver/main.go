// Hugeserver is a real server: Prometheus's storage, query engine, scraper,
// rules and web interface, with all of its service discovery. The executable
// has over 150 MB. 40 requests wait in it while it is told what to do by
// package measure.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "github.com/prometheus/prometheus/discovery/install"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/scrape"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/web"

	"github.com/gopostmortem/postmortem/testdata/internal/measure"
)

// waiting is the number of requests that wait meanwhile.
const waiting = 40

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "hugeserver:", err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "hugeserver")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	db, err := tsdb.Open(dir, slog.New(slog.DiscardHandler), nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		return err
	}
	defer db.Close()
	s := &server{db: db, release: make(chan struct{})}
	s.engine = promql.NewEngine(promql.EngineOpts{Logger: slog.New(slog.DiscardHandler), MaxSamples: 1e6, Timeout: time.Minute})
	if err := s.fill(); err != nil {
		return err
	}
	return s.serve(filepath.Join(dir, "http"))
}

// server answers queries, but not at once.
type server struct {
	db      *tsdb.DB
	engine  *promql.Engine
	arrived sync.WaitGroup
	release chan struct{}

	// What a real one has too.
	web    web.Options
	scrape scrape.Options
	rules  *rules.Manager
}

// fill stores some samples.
func (s *server) fill() error {
	app := s.db.Appender(context.Background())
	now := time.Now().UnixMilli()
	for i := range int64(100) {
		for _, host := range []string{"north", "south"} {
			if _, err := app.Append(0, labels.FromStrings("__name__", "load", "host", host), now-1000*(100-i), math.Sin(float64(i))); err != nil {
				return err
			}
		}
	}
	return app.Commit()
}

// serve lets requests arrive and wait, and then does what it is told.
func (s *server) serve(socket string) error {
	l, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	go http.Serve(l, s)
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
	s.arrived.Add(waiting)
	for i := range waiting {
		go get(client, fmt.Sprintf("http://prometheus/query?host=%d", i))
	}
	s.arrived.Wait()
	measure.Serve()
	close(s.release)
	return nil
}

func get(client *http.Client, url string) {
	resp, err := client.Get(url)
	if err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
}

// ServeHTTP evaluates a query, and keeps the answer until the end.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q, err := s.engine.NewInstantQuery(r.Context(), s.db, nil, `sum by (host) (rate(load[1m]))`, time.Now())
	if err != nil {
		panic(err)
	}
	defer q.Close()
	result := q.Exec(r.Context())
	s.arrived.Done()
	<-s.release
	fmt.Fprintln(w, result)
}
