// Nats is a NATS server with JetStream, clients that publish and wait, and an
// authenticator of ours that panics.
//
//	nats [-hold] [-depth N] -o FILE
package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/gopostmortem/postmortem/testdata/internal/crashing"
)

// clients is how many connections wait while another one makes the server panic.
const clients = 60

func main() { crashing.Main(run) }

func run(dir string) error {
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true,
		CustomClientAuthentication: &gate{users: map[string]int{"reader": 1, "writer": 2}},
	})
	if err != nil {
		return err
	}
	go s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		return fmt.Errorf("the server does not start")
	}
	for i := range clients {
		c, err := nats.Connect(s.ClientURL(), nats.UserInfo("reader", fmt.Sprint(i)), nats.NoReconnect())
		if err != nil {
			return err
		}
		if _, err := c.SubscribeSync(fmt.Sprintf("orders.%d", i)); err != nil {
			return err
		}
		if err := c.Publish(fmt.Sprintf("orders.%d", (i+1)%clients), []byte("a message")); err != nil {
			return err
		}
		if err := c.Flush(); err != nil {
			return err
		}
	}
	go func() { _, _ = nats.Connect(s.ClientURL(), nats.UserInfo("stranger", "secret"), nats.NoReconnect()) }()
	return crashing.Crashed()
}

// gate is the authenticator.
type gate struct{ users map[string]int }

// rule is what a user may do.
type rule struct {
	Level  int
	Topics []string
}

// Check is called by the server for each connection.
func (g *gate) Check(c server.ClientAuthentication) bool {
	defer func() {
		if cause := recover(); cause != nil {
			crashing.Capture(cause)
		}
	}()
	return g.allow(c.GetOpts().Username, c.GetOpts().Password)
}

// allow is the frame that panics: nobody has heard of the stranger.
//
//go:noinline
func (g *gate) allow(user, password string) bool {
	rules := map[int]*rule{1: {1, []string{"orders.>"}}, 2: {2, []string{">"}}}
	level := g.users[user]
	found := rules[level]
	ok := found.Level > 0 && password != ""
	runtime.KeepAlive(rules)
	runtime.KeepAlive(g)
	return ok
}
