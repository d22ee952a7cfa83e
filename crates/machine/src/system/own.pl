#!/usr/bin/perl
# Told by apt which packages it is about to have unpacked, a line for each. The files that they
# replace are somebody else's, whom the machine does not know: each becomes a copy in its place.
use strict;

open STDERR, '>', '/dev/null';
while (my $deb = <STDIN>) {
    chomp $deb;
    open(my $told, '-|', 'dpkg-deb', '-f', $deb, 'Package', 'Architecture') or next;
    my %of = map { /^(\S+): (.*)$/ ? ($1, $2) : () } <$told>;
    my $name = $of{Package} or next;
    $name .= ":$of{Architecture}" if $of{Architecture} ne 'all';
    open(my $files, '-|', 'dpkg-query', '-L', $name) or next;
    while (my $file = <$files>) {
        chomp $file;
        own($file);
    }
}
exit 0;

sub own {
    my ($file) = @_;
    my ($mode, $owner, $read_at, $changed_at) = (lstat $file)[2, 4, 8, 9];
    return unless defined $mode && -f _ && $owner != $>;
    my $copy = "$file.legwork-own";
    open(my $from, '<:raw', $file) or return;
    open(my $to, '>:raw', $copy) or return;
    local $/ = \1048576;
    my $done = 1;
    while (my $piece = <$from>) {
        $done &&= print $to $piece;
    }
    if (close($to) && $done) {
        chmod $mode & 07777, $copy;
        utime $read_at, $changed_at, $copy;
        return if rename $copy, $file;
    }
    unlink $copy;
}
