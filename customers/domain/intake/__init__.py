"""What a shop's site, app or server tells of people, in the words of the Segment specification."""
