package fireblocks

import "github.com/zenvault/zenvault/shared/chain/bitcoin"

// asset is what is known of one on an EVM chain.
type asset struct {
	chain    int64  // its id (EIP-155)
	contract string // of a token; "" is the chain's own asset
	decimals int
}

// assets are the vendor's ids (its web3 provider's constants, ETH and its like; list of supported assets; read 2026-11). Those of
// the chains' own assets have 18 decimals, since a transaction's value is told in wei.
var assets = map[string]asset{
	"ETH": {1, "", ether}, "ETH_TEST5": {11155111, "", ether}, "ETH_TEST6": {17000, "", ether},
	"ETH-AETH": {42161, "", ether}, "ETH-OPT": {10, "", ether},
	"BASECHAIN_ETH": {8453, "", ether}, "BASECHAIN_ETH_TEST5": {84532, "", ether},
	"BNB_BSC":       {56, "", ether},
	"MATIC_POLYGON": {137, "", ether}, "AMOY_POLYGON_TEST": {80002, "", ether},
	"AVAX": {43114, "", ether}, "AVAXTEST": {43113, "", ether},

	"USDC":       {1, "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", 6},
	"USDT_ERC20": {1, "0xdac17f958d2ee523a2206206994597c13d831ec7", 6},
}

const ether = 18 // decimals

// bitcoins are the assets whose transactions are read as Bitcoin's.
var bitcoins = map[string]bitcoin.Network{"BTC": bitcoin.Main, "BTC_TEST": bitcoin.Test}

const satoshi = 8 // decimals of a bitcoin
