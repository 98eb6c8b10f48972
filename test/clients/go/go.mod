module lifeguard.example/clients

go 1.26

require (
	github.com/go-acme/lego/v5 v5.6.0
	sigs.k8s.io/external-dns v0.22.0
)
