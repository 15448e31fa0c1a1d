// Etcd is an etcd server, clients that watch and lease, and an HTTP handler of
// ours in it that panics.
//
//	etcd [-hold] [-depth N] -o FILE
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"runtime"

	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"

	"github.com/gopostmortem/postmortem/testdata/internal/crashing"
)

// watches is how many watchers wait while the handler panics.
const watches = 40

func main() { crashing.Main(run) }

func run(dir string) error {
	cfg := embed.NewConfig()
	cfg.Dir, cfg.LogLevel = dir, "fatal"
	at := func(name string) []url.URL { return []url.URL{{Scheme: "unix", Host: filepath.Join(dir, name)}} }
	cfg.ListenPeerUrls, cfg.ListenClientUrls = at("peer"), []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	cfg.AdvertiseClientUrls = cfg.ListenClientUrls
	cfg.UserHandlers = map[string]http.Handler{"/keys/": &keys{limits: map[string]int{"a": 1}}}
	e, err := embed.StartEtcd(cfg)
	if err != nil {
		return err
	}
	<-e.Server.ReadyNotify()
	client := v3client.New(e.Server)
	for i := range watches {
		key := fmt.Sprintf("key/%d", i)
		_ = client.Watch(context.Background(), key)
		if _, err := client.Put(context.Background(), key, "a value"); err != nil {
			return err
		}
	}
	go func() {
		resp, err := http.Get("http://" + e.Clients[0].Addr().String() + "/keys/a/b?wait=no")
		if err == nil {
			resp.Body.Close()
		}
	}()
	return crashing.Crashed()
}

// keys is the handler.
type keys struct{ limits map[string]int }

// query is what is asked for.
type query struct {
	Path  string
	Parts []string
	Limit int
}

// ServeHTTP implements http.Handler.
func (k *keys) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if cause := recover(); cause != nil {
			crashing.Capture(cause)
		}
	}()
	k.answer(w, r)
}

// answer is the frame that panics: a limit of zero.
//
//go:noinline
func (k *keys) answer(w http.ResponseWriter, r *http.Request) {
	q := &query{Path: r.URL.Path, Parts: filepath.SplitList(r.URL.Path)}
	q.Limit = k.limits[q.Path]
	share := len(q.Path) / q.Limit
	fmt.Fprintln(w, q, share)
	runtime.KeepAlive(r)
}
