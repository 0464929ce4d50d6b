# A first evening with Waxseal, played in a real window: make a key, take in Robin's certificate, seal a note that
# OpenSSL opens, and read OpenSSL's answer. Runs on a session bus with an unlocked keyring, in a folder of its own.
# $WINDOW and $WAXSEAL are the two programs.
set -eu

# Waits until something is so, a minute at most.
until_so() {
  for _ in $(seq 300); do
    if eval "$1" >/dev/null 2>&1; then return 0; fi
    sleep 0.2
  done
  echo "This did not come about: $1" >&2
  [ -z "${SHOTS:-}" ] || import -window root "$SHOTS/failed.png" 2>/dev/null || true
  exit 1
}
keys() { for key in "$@"; do xdotool key --clearmodifiers "$key"; sleep 0.2; done; }
words() { xdotool type --delay 20 "$1"; sleep 0.3; }
shot() { [ -z "${SHOTS:-}" ] || import -window root "$SHOTS/$1.png"; }

cli() { "$WAXSEAL" --profile profile "$@"; }
profile=$PWD/profile

# Before the bus is asked for it: the server needs a moment.
Xvfb -displayfd 3 -screen 0 1280x800x24 3>display >/dev/null 2>&1 & server=$!
trap 'kill $window $server 2>/dev/null || true' EXIT
window=
until_so '[ -s display ]'
DISPLAY=:$(cat display)
export DISPLAY

"$WINDOW" --profile "$profile" & window=$!
until_so 'xdotool search --onlyvisible --pid $window'
id=$(xdotool search --onlyvisible --pid "$window" | tail -n 1)
xdotool windowsize "$id" 1280 800 windowmove "$id" 0 0 windowfocus "$id"
sleep 1

# Who are you? Then: make a new key here.
words 'Sam Alder'; keys Return
words 'sam@alder.example'; keys Return
sleep 2
shot key
keys Tab Tab Tab Tab Return
until_so 'cli identity list | grep -q sam@alder.example'
cli identity certificate sam@alder.example --out sam.pem
sleep 1
shot hand-over
xdotool mousemove 965 643 click 1
sleep 1

# Robin's certificate, given to the program that runs already.
printf '[r]\nsubjectAltName=email:robin@alder.example\nkeyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=emailProtection\n' > robin.cnf
openssl req -new -newkey rsa:2048 -nodes -subj /CN=Robin -keyout robin.key -out robin.csr 2>/dev/null
openssl x509 -req -in robin.csr -signkey robin.key -days 30 -extfile robin.cnf -extensions r -out robin.pem 2>/dev/null
timeout 20 "$WINDOW" --profile "$profile" robin.pem
until_so 'cli contact list | grep -q robin@alder.example'
sleep 1
shot contact

# A note.
keys ctrl+n
sleep 1
words 'robin@alder.example'; keys Return Tab Tab Tab
words 'The spare key'; keys Tab
words 'It lies with the neighbours.'
sleep 1
shot note
keys ctrl+Return
sleep 1.5
keys ctrl+a
words "$PWD/note.eml"
shot save
keys Return
until_so '[ -s note.eml ]'
openssl cms -decrypt -in note.eml -recip robin.pem -inkey robin.key -out opened
openssl cms -verify -in opened -CAfile sam.pem -purpose any -out text 2>/dev/null
grep -q 'It lies with the neighbours.' text
sleep 1
shot sealed

# The answer, given to the program that runs already.
printf 'Content-Type: text/plain\r\n\r\nFound it.\r\n' > answer.txt
openssl cms -sign -in answer.txt -signer robin.pem -inkey robin.key -out signed
openssl cms -encrypt -aes-256-cbc -in signed -from robin@alder.example -to sam@alder.example \
  -subject 'Re: The spare key' -out answer.eml sam.pem
timeout 20 "$WINDOW" --profile "$profile" answer.eml
until_so 'xdotool getwindowname "$id" | grep -qF "Re: The spare key (Probably secure) — Waxseal"'
shot answer
kill -0 "$window"
echo 'The evening went well.'
