# encoding: utf-8
# ruby.rb READY FILE... - Ruby's own net/imap, net/smtp and net/pop at the
# instance that READY (JSON) tells of.  The files are appended, and read back by
# a parser that forgives nothing.  The last line is ok.
require 'json'
require 'net/imap'
require 'net/smtp'
require 'net/pop'

R = JSON.parse(ARGV.shift)
U, P, BOB, CA = R.values_at('user1', 'password1', 'user2', 'cafile')
MAIL = "From: #{U}\r\nTo: #{BOB}\r\n" \
       "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\r\n8 bit: ü\r\n..dots\r\n"

def port(service) = R[service].split(':')[1].to_i

def same(what, want, got)
  want == got or raise "#{what}: #{got.inspect}, not #{want.inspect}"
end

def imap
  Net::IMAP.new('localhost', port: port('imaps'), ssl: { ca_file: CA })
end

def tls
  OpenSSL::SSL::SSLContext.new.tap do |x|
    x.set_params(ca_file: CA, verify_mode: OpenSSL::SSL::VERIFY_PEER)
  end
end

def logins
  %w[PLAIN LOGIN].each { |m| imap.tap { |i| i.authenticate(m, U, P) }.logout }
  i = Net::IMAP.new('localhost', port: port('imap'))
  i.starttls({ ca_file: CA }, true)
  i.login(U, P)
  i.logout
end

def folders(i)
  old, new = ['Grüße & Co', 'Büro.日本'].map { |n| Net::IMAP.encode_utf7(n) }
  i.create(old)
  i.rename(old, new)
  i.subscribe(new)
  same 'LSUB', [new], i.lsub('', new).map(&:name)
  i.append(new, MAIL.b, [:Seen, '$Junk'], Time.now)
  i.append(new, "Subject: big\r\n\r\n#{"#{'x' * 76}\r\n" * 10_000}")
  same 'STATUS', { 'MESSAGES' => 2, 'UNSEEN' => 1 },
       i.status(new, %w[MESSAGES UNSEEN])
  i.select(new)
  same 'SEARCH', [1], i.uid_search(['SUBJECT', 'GRÜSSE'.b], 'UTF-8')
  same 'SORT', [1, 2], i.sort(['REVERSE', 'SUBJECT'], ['ALL'], 'UTF-8')
  same 'THREAD', 2, i.thread('REFERENCES', ['ALL'], 'UTF-8').size
  same 'STORE', [:Flagged, :Seen, '$Junk'],
       i.store(1, '+FLAGS', [:Flagged])[0].attr['FLAGS'] - [:Recent]
  i.copy(2, 'Trash')
  i.uid_move(2, 'Archive')
  i.store(1, '+FLAGS.SILENT', [:Deleted])
  same 'EXPUNGE, with that of MOVE', [2, 1], i.expunge
  i.close
  i.delete(new)
end

def read_back(i, files)
  files.each { |f| i.append('Drafts', File.binread(f).gsub(/\r?\n/, "\r\n")) }
  i.select('Drafts')
  got = i.fetch(1..-1, %w[UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY
                          BODYSTRUCTURE BODY.PEEK[] BODY.PEEK[HEADER]
                          BODY.PEEK[1]])
  same 'FETCH', files.size, got.size
  got.each { |m| same 'size', m.attr['RFC822.SIZE'], m.attr['BODY[]'].bytesize }
end

def idle(i)
  i.select('INBOX')
  Thread.new { send_to(U, 'smtps', :plain) }
  came = nil
  i.idle(60) do |r|
    if r.name == 'EXISTS' && came.nil?
      came = r.data
      i.idle_done
    end
  end
  same 'IDLE', 1, came
end

def send_to(who, service, mechanism, many = [])
  s = Net::SMTP.new('localhost', port(service))
  service == 'smtps' ? s.enable_tls(tls) : s.enable_starttls(tls)
  s.start('client', U, P, mechanism) { |x| x.send_message(MAIL, U, who, *many) }
end

def pop
  p = Net::POP3.new('localhost', port('pop3s'))
  p.enable_ssl(OpenSSL::SSL::VERIFY_PEER, CA)
  p.start(U, P)
  m = p.mails
  same 'POP3', [1, true, true],
       [m.size, m[0].pop.end_with?(MAIL.b), m[0].top(0).include?('Subject')]
  same 'UIDL', false, m[0].uidl.empty?
  m[0].delete
  p.finish
end

logins
i = imap
i.login(U, P)
folders(i)
read_back(i, ARGV)
idle(i)
i.logout
send_to(BOB, 'submission', :login,
        (1..50).map { |n| BOB.sub('@', "+#{n}@") })
pop
puts 'ok'
